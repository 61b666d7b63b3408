import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Condition } from './condition.ts'
import { authenticationOk, backendKey, MessageReader, parameterStatus, readyForQuery, startup } from './wire.ts'

/** Connections to PostgreSQL that all clients share. */
const poolSize = 6

/** What a driver wants to know at the start. */
const parameters = {
  server_version: '18.4',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  integer_datetimes: 'on',
}

/** A connection to PostgreSQL, lent to one client for one transaction. */
interface Lane {
  readonly socket: Socket
  client: Client | undefined
}

interface Client {
  readonly socket: Socket
  lane: Lane | undefined
  /** Bytes that wait for a connection. */
  waiting: Buffer[]
  /** Queries and Syncs whose ReadyForQuery has not come. */
  pending: number
}

/** A pooler in transaction mode: a client has a connection to PostgreSQL from the first message of a transaction to its end, and another one for the next. */
class TransactionPooler {
  readonly #target: URL
  readonly #server: Server
  readonly #lanes = new Set<Lane>()
  readonly #queue: Client[] = []
  readonly #clients = new Set<Client>()
  #opening = 0

  constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((socket) => this.#greet(socket))
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const url = new URL(this.#target)
    url.port = String((this.#server.address() as AddressInfo).port)
    return url.href
  }

  async stop(): Promise<void> {
    for (const { socket } of [...this.#clients, ...this.#lanes]) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** The pooler answers the start of a connection itself. */
  #greet(socket: Socket): void {
    const client: Client = { socket, lane: undefined, waiting: [], pending: 0 }
    this.#clients.add(client)
    const reader = new MessageReader('startup')
    socket.on('error', () => undefined).on('close', () => this.#leave(client))
    socket.on('data', (chunk) => {
      for (const message of reader.read(chunk)) {
        if (message.type === 'startup') {
          const status = Object.entries(parameters).map(([name, value]) => parameterStatus(name, value))
          socket.write(Buffer.concat([authenticationOk, ...status, backendKey(4_711), readyForQuery]))
        } else if (message.type === 'X') socket.end()
        else this.#forward(client, message)
      }
    })
  }

  #forward(client: Client, { type, bytes }: { readonly type: string; readonly bytes: Buffer }): void {
    if (type === 'Q' || type === 'S') client.pending += 1
    if (client.lane !== undefined) return void client.lane.socket.write(bytes)
    if (client.waiting.length === 0) this.#queue.push(client)
    client.waiting.push(bytes)
    this.#lend()
  }

  #lend(): void {
    for (const lane of this.#lanes) {
      if (lane.client !== undefined) continue
      const client = this.#queue.shift()
      if (client === undefined) return
      lane.client = client
      client.lane = lane
      for (const bytes of client.waiting.splice(0)) lane.socket.write(bytes)
    }
    if (this.#queue.length > 0 && this.#lanes.size + this.#opening < poolSize) this.#open()
  }

  #open(): void {
    this.#opening += 1
    const socket = connect(Number(this.#target.port), this.#target.hostname)
    const lane: Lane = { socket, client: undefined }
    const reader = new MessageReader('messages')
    let isReady = false
    socket.write(startup(decodeURIComponent(this.#target.username), this.#target.pathname.slice(1)))
    socket
      .on('error', () => undefined)
      .on('close', () => {
        if (!isReady) this.#opening -= 1
        this.#lanes.delete(lane)
        lane.client?.socket.destroy()
        this.#lend()
      })
    socket.on('data', (chunk) => {
      for (const { type, bytes } of reader.read(chunk)) {
        if (isReady) this.#answer(lane, type, bytes)
        else if (type === 'Z') {
          isReady = true
          this.#opening -= 1
          this.#lanes.add(lane)
          this.#lend()
        }
      }
    })
  }

  /** ReadyForQuery outside a transaction ends the loan, once everything that was asked is answered. */
  #answer(lane: Lane, type: string, bytes: Buffer): void {
    const { client } = lane
    if (client === undefined) return
    client.socket.write(bytes)
    if (type !== 'Z') return
    client.pending -= 1
    if (client.pending > 0 || bytes.toString('latin1', 5, 6) !== 'I') return
    client.lane = undefined
    lane.client = undefined
    this.#lend()
  }

  /** Whoever leaves in the middle of a transaction takes the connection along, so that it is rolled back. */
  #leave(client: Client): void {
    this.#clients.delete(client)
    const waiting = this.#queue.indexOf(client)
    if (waiting >= 0) this.#queue.splice(waiting, 1)
    client.lane?.socket.destroy()
  }
}

/** All processes go through a pooler in transaction mode; the command line goes to PostgreSQL itself. */
export function transactionPooler(): Condition {
  let pooler: TransactionPooler | undefined
  return {
    name: 'transaction-pooler',
    does: 'processes connect through a pooler in transaction mode',
    async begin({ url }) {
      pooler = new TransactionPooler(url)
      return { url: await pooler.start() }
    },
    async end() {
      await pooler?.stop()
      pooler = undefined
    },
  }
}
