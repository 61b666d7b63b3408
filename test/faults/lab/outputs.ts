import type { Readable } from 'node:stream'
import { rowCanary } from '../ledger/stamp.ts'

/** In the password of every role of the lab, and so in every connection string. */
export const passwordCanary = 'zq7secret'

const canaries = [
  { text: rowCanary, what: 'a row value' },
  { text: passwordCanary, what: 'a password' },
] as const

/** Longer than any canary, so that one which two chunks divide is found. */
const overlap = 64
/** Of what each process printed, for whoever looks into a failure. */
const remembered = 4_000

/** Everything that the processes of a run print, searched for what must never be printed. */
export class Outputs {
  readonly leaks: string[] = []
  characters = 0

  /** Listens to a process until it ends, and returns what it said last. */
  listen(name: string, ...streams: readonly (Readable | null)[]): () => string {
    let last = ''
    for (const stream of streams) {
      let tail = ''
      stream?.on('data', (chunk) => {
        const text = `${tail}${chunk}`
        this.characters += String(chunk).length
        this.search(name, text)
        tail = text.slice(-overlap)
        last = `${last}${chunk}`.slice(-remembered)
      })
    }
    return () => last
  }

  search(name: string, text: string): void {
    for (const { text: canary, what } of canaries) {
      if (!text.includes(canary)) continue
      const leak = `${name} printed ${what}`
      if (!this.leaks.includes(leak)) this.leaks.push(leak)
    }
  }
}
