import {
  dropsTheConnection,
  features,
  hangs,
  off,
  on,
  rollout,
  ScriptedUnleash,
  status,
  text,
} from '../../unit/flags/scripted-unleash.ts'
import type { Fault } from '../faults/fault.ts'
import type { Condition } from './condition.ts'

/** A real unleash-client in every service, against a server that the lab plays; and the fault that makes it flap. */
export function flappingUnleash(flag: string): { readonly condition: Condition; readonly fault: Fault } {
  let server: ScriptedUnleash | undefined
  const answers = [
    features(on(flag)),
    features(off(flag)),
    features(rollout(flag, 50, 'userId')),
    features(),
    status(500),
    text('no JSON at all'),
    hangs,
    dropsTheConnection,
  ]
  return {
    condition: {
      name: 'unleash',
      does: 'reads are decided by Unleash',
      async begin() {
        server = await ScriptedUnleash.start(features(on(flag)))
        server.unref()
        return { flags: { kind: 'unleash', url: server.url } }
      },
      async end() {
        await server?.[Symbol.asyncDispose]()
      },
    },
    fault: {
      name: 'unleash-flap',
      does: 'the Unleash server turns the flag on, off and half, loses it, fails, talks nonsense, hangs, hangs up',
      async inject(site, random) {
        server?.answersPolls(random.pick(answers))
        site.tally.add('Unleash flapped')
      },
    },
  }
}
