import type { Client, ClientOptions } from './api.js';
/** Makes a client of the gateway at `options.url`. It connects when the first stream is opened. */
export declare function createClient(options: ClientOptions): Client;
