import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** An address that stays while the server behind it changes, as a name in DNS or a virtual IP does. */
export class Relay {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #port: number

  private constructor(port: number) {
    this.#port = port
    this.#server = createServer((client) => this.#join(client))
  }

  /** @param port of the first server behind it, on 127.0.0.1. */
  static async start(port: number): Promise<Relay> {
    const relay = new Relay(port)
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve))
    return relay
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections break, and new ones lead to another server. */
  lead(port: number): void {
    this.#port = port
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket): void {
    const upstream = connect(this.#port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      this.#sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
    }
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    client.pipe(upstream).pipe(client)
  }
}
