import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Random } from './random.js'

/** A TCP proxy whose connections break, in the middle of whatever they carry. */
export class Proxy {
  url = ''
  /** How many connections have broken. */
  broken = 0
  readonly #sockets = new Set<Socket>()
  #server: Server

  /** After each piece from the server a connection may break, and a part of the piece is lost. */
  constructor(
    port: number,
    random: Random,
    public cut: number,
  ) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          this.#sockets.delete(socket)
          near.destroy()
          far.destroy()
        })
      }
      near.on('data', (bytes) => far.write(bytes))
      far.on('data', (bytes: Buffer) => {
        if (!random.chance(this.cut)) return near.write(bytes)
        this.broken++
        return near.write(bytes.subarray(0, random.int(bytes.length)), () => far.destroy())
      })
    })
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
