import { createServer } from 'node:net'
import { ProblemError, problems } from './problem.ts'

/**
 * Below the range from which systems take the ports of outgoing connections (Linux: from 32768 on): a client that keeps
 * trying a dead port inside that range can be given the same port and connect to itself.
 */
const range = { from: 20_000, to: 32_000 }
const attempts = 200

/** A random port of 127.0.0.1 that was free just now; another process may still take it first. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = range.from + Math.floor(Math.random() * (range.to - range.from))
    if (await isFree(port)) return port
  }
  throw new ProblemError(problems.noPort(range.from, range.to))
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
