import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * Stands between a client and PostgreSQL like a pooler: it greets with a cancel key of its own. Everything else passes.
 *
 * @returns the URL through it, and a function that ends it.
 */
export async function startPooler(url: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    client.pipe(upstream)
    upstream.on('end', () => client.end())
    let greeting: Buffer | undefined = Buffer.alloc(0)
    upstream.on('data', (chunk) => {
      if (greeting === undefined) return void client.write(chunk)
      greeting = Buffer.concat([greeting, chunk])
      const key = keyDataPosition(greeting)
      if (key === undefined) return
      greeting.writeInt32BE(4_711, key)
      client.write(greeting)
      greeting = undefined
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const pooled = new URL(url)
  pooled.port = String((server.address() as AddressInfo).port)
  return {
    url: pooled.href,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Where the process id stands in a BackendKeyData message, once it has arrived whole. */
function keyDataPosition(messages: Buffer): number | undefined {
  for (let at = 0; at + 5 <= messages.length; at += 1 + messages.readInt32BE(at + 1)) {
    const isWhole = at + 1 + messages.readInt32BE(at + 1) <= messages.length
    if (messages[at] === 'K'.charCodeAt(0)) return isWhole ? at + 5 : undefined
  }
  return undefined
}
