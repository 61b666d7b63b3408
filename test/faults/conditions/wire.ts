/** The few messages of PostgreSQL's protocol that a pooler has to know (https://www.postgresql.org/docs/18/protocol-message-formats.html). */

export interface Message {
  /** The byte that a message begins with; `startup` for the first one of a client, which has none. */
  readonly type: string
  readonly bytes: Buffer
}

/** Cuts a stream into messages, whatever pieces it comes in. */
export class MessageReader {
  #expects: 'startup' | 'messages'
  #rest = Buffer.alloc(0)

  constructor(expects: 'startup' | 'messages') {
    this.#expects = expects
  }

  read(chunk: Buffer): readonly Message[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const messages: Message[] = []
    for (;;) {
      const typed = this.#expects === 'messages' ? 1 : 0
      if (this.#rest.length < typed + 4) return messages
      const length = typed + this.#rest.readInt32BE(typed)
      if (this.#rest.length < length) return messages
      const bytes = this.#rest.subarray(0, length)
      this.#rest = this.#rest.subarray(length)
      messages.push({ type: typed === 1 ? bytes.toString('latin1', 0, 1) : 'startup', bytes })
      this.#expects = 'messages'
    }
  }
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}

export const authenticationOk = message('R', int32(0))
export const readyForQuery = message('Z', Buffer.from('I'))

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', Buffer.from(`${name}\0${value}\0`))
}

export function backendKey(pid: number): Buffer {
  return message('K', Buffer.concat([int32(pid), int32(0)]))
}

/** The first message of a connection, protocol 3.0. */
export function startup(user: string, database: string): Buffer {
  const body = Buffer.concat([
    int32(196_608),
    Buffer.from(`user\0${user}\0database\0${database}\0application_name\0pooler\0\0`),
  ])
  return Buffer.concat([int32(body.length + 4), body])
}
