/**
 * A program that ends its flags while a poll is under way, which then fails. Exits with 0 if that does not
 * kill it. `adapter`: by the adapter's stop() · `client`: by the destroy() of unleash-client.
 */
import type { ServerResponse } from 'node:http'
import { InMemStorageProvider, Unleash } from 'unleash-client'
import { unleashFlags } from '../../../src/flags/unleash.ts'
import { ScriptedUnleash } from './scripted-unleash.ts'

const poll = Promise.withResolvers<ServerResponse>()
const server = await ScriptedUnleash.start((_request, response) => poll.resolve(response))
const options = { url: server.url, appName: 'billing', disableMetrics: true }

if (process.argv[2] === 'adapter') {
  const flags = unleashFlags(options)
  await flags.start!(() => undefined)
  const response = await poll.promise
  await flags.stop!()
  fail(response)
} else {
  const client = new Unleash({ ...options, storageProvider: new InMemStorageProvider() })
  client.on('error', () => undefined)
  const response = await poll.promise
  client.destroy()
  fail(response)
}

/** Lets the poll fail. The process then ends by itself, once the client has read the answer and dealt with it. */
function fail(response: ServerResponse): void {
  response.writeHead(200, { connection: 'close' }).end('no JSON')
  server.unref()
}
