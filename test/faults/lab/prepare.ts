import { Ledger } from '../ledger/ledger.ts'
import type { CommandResult } from './commands.ts'
import type { Site } from './site.ts'

/** The table as the old release made it, filled and in the ledger; then the change is declared and its migrations generated. */
export async function prepare(site: Site, ledgers: string, seeds: number): Promise<void> {
  const { commands, subject, admin, variant } = site
  await succeeded(commands.call('generate', '--config', 'before.config.ts'))
  await succeeded(commands.call('migrate', '--config', 'before.config.ts'))
  const keys = await subject.seed(admin, variant, seeds)
  enterSeeds(ledgers, keys)
  for (const { prepare } of site.conditions) await prepare?.(site)
  await succeeded(commands.call('generate'))
}

function enterSeeds(ledgers: string, keys: readonly number[]): void {
  const ledger = new Ledger(ledgers, 'seed')
  ledger.append(
    ...keys.map((key) => ({ entry: 'intent' as const, operation: 'seed' as const, write: key, key, sent: 0 })),
    { entry: 'answer', outcome: 'acknowledged', writes: keys, versions: keys.map(() => 0), done: 0 },
  )
  ledger.close()
}

/** @throws Error where a command that has to work did not. */
export async function succeeded(running: Promise<CommandResult>): Promise<CommandResult> {
  const result = await running
  if (result.code !== 0) throw new Error(`${result.command} ended with ${result.code}: ${result.said}`)
  return result
}
