import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { UnleashConfig } from 'unleash-client'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void
export type Feature = NonNullable<NonNullable<UnleashConfig['bootstrap']>['data']>[number]

/** An Unleash server that answers what the test tells it to. */
export class ScriptedUnleash {
  readonly #server: Server
  #polls: Answer
  #metrics: Answer = status(202)
  /** Requests for flags so far; the client repeats a failed one twice before it gives the poll up. */
  polls = 0
  /** Reports of usage and registrations so far. */
  posts = 0

  private constructor(polls: Answer) {
    this.#polls = polls
    this.#server = createServer((request, response) => {
      if (request.method === 'POST') {
        this.posts += 1
        this.#metrics(request, response)
      } else {
        this.polls += 1
        this.#polls(request, response)
      }
    })
  }

  static async start(polls: Answer): Promise<ScriptedUnleash> {
    const server = new ScriptedUnleash(polls)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`
  }

  answersPolls(polls: Answer): void {
    this.#polls = polls
  }

  answersMetrics(metrics: Answer): void {
    this.#metrics = metrics
  }

  /** Lets the process end while the server listens. */
  unref(): void {
    this.#server.unref()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** The flags of the server; `etag` as the real one sends it, so that an unchanged answer becomes a 304. */
export function features(...list: Feature[]): Answer {
  const body = JSON.stringify({ version: 2, features: list })
  const etag = `"${Buffer.from(body).toString('base64url')}"`
  return (request, response) => {
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304).end()
    } else {
      response.writeHead(200, { 'content-type': 'application/json', etag }).end(body)
    }
  }
}

export function status(code: number): Answer {
  return (_request, response) => void response.writeHead(code).end('no flags here')
}

export function text(body: string): Answer {
  return (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body)
}

export const hangs: Answer = () => undefined

export const dropsTheConnection: Answer = (request) => void request.socket.destroy()

export function on(name: string): Feature {
  return { name, enabled: true, strategies: [{ name: 'default', parameters: {}, constraints: [] }] }
}

export function off(name: string): Feature {
  return { ...on(name), enabled: false }
}

export function rollout(name: string, percent: number, stickiness: string): Feature {
  const parameters = { rollout: String(percent), stickiness, groupId: name }
  return { name, enabled: true, strategies: [{ name: 'flexibleRollout', parameters, constraints: [] }] }
}
