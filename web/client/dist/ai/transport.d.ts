import type { ChatTransport, UIMessage } from 'ai';
import type { Client } from '../api.js';
/** Where unfinished answers are kept; a page's `sessionStorage` is one. */
export interface ChatStorage {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
}
/** What `useChat` asks for. */
export interface ChatRequest<M extends UIMessage> {
    chatId: string;
    messages: M[];
    trigger: 'submit-message' | 'regenerate-message';
    /** What the application has given `sendMessage` as `body`. */
    body: object | undefined;
}
/** What a transport is made from. */
export interface ChatTransportOptions<M extends UIMessage> {
    /** The client of the gateway. Several transports may share it. */
    client: Client;
    /** The model, by the name that the gateway knows it by. */
    model: string;
    /**
     * Makes the request of the Chat Completions API. By default it has the model, the messages as `toChatRequest`
     * makes them, and what the application has given as `body`: tools, a temperature.
     */
    request?: (chat: ChatRequest<M>) => object | Promise<object>;
    /**
     * Where unfinished answers are kept, so that they go on after a reload: `sessionStorage` by default. Null keeps
     * none; what can't be kept, as the storage is full, does not go on either.
     */
    storage?: ChatStorage | null;
}
/**
 * A transport for the Vercel AI SDK's `useChat` (version 7 of `ai`), from the page straight to the gateway: paced
 * by the page, unharmed by broken connections, and with `resume: true` by reloads. It speaks the gateway's Chat
 * Completions API with the client's credentials; `headers` of a message are not used.
 *
 * `stop()` cancels the model call. A chat's answer is kept under its id: pages that show the same chat at the same
 * time resume the same answer, and the newest one gets it.
 */
export declare function createChatTransport<M extends UIMessage = UIMessage>(options: ChatTransportOptions<M>): ChatTransport<M>;
