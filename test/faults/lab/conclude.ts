import { judge } from '../ledger/judge.ts'
import { readLedgers } from '../ledger/ledger.ts'
import type { Verdict, Violation } from '../ledger/verdict.ts'
import type { Outputs } from './outputs.ts'
import { succeeded } from './prepare.ts'
import type { Site } from './site.ts'

/**
 * The change is brought to where both sides are proved equal, or to where old has been given up; then everybody leaves,
 * the toolkit compares, and the table is held against the ledgers.
 */
export async function conclude(site: Site, ledgers: string, outputs: Outputs): Promise<Verdict> {
  const { operator, fleet, commands, watch, conditions, chronicle } = site
  const isComparable = await operator.goToComparable()
  chronicle.tell('everybody leaves')
  await fleet.stop()
  chronicle.tell('everybody has left')
  if (isComparable)
    await succeeded(commands.call('verify', operator.change)).catch((error: Error) =>
      site.report({ kind: 'broken', what: error.message }),
    )
  for (const { check } of conditions) await check?.(site)
  await watch.look()
  const verdict = judge({
    entries: readLedgers(ledgers),
    rows: await site.subject.read(site.admin, site.variant),
    truth: watch.truth,
    agreed: isComparable,
    explanations: site.explanations,
  })
  return { ...verdict, violations: [...verdict.violations, ...defectsOf(site, outputs)] }
}

/** A run that cannot go on says nothing of the rows; what was reported until then says why. */
export function breakOff(site: Site, outputs: Outputs, error: unknown): Verdict {
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    operations: 0,
    acknowledged: 0,
    unknown: 0,
    rows: 0,
    refused: {},
    violations: [...defectsOf(site, outputs), { kind: 'broken', what: `it could not be played to its end: ${why}` }],
  }
}

/** What went wrong beside the rows. */
function defectsOf({ fleet, operator, commands, violations }: Site, { leaks }: Outputs): readonly Violation[] {
  const broken = [
    ...fleet.crashes,
    ...operator.failures.map(({ command, code, said }) => `${command} ended with ${code}: ${said}`),
    ...commands.hanging,
  ]
  return [
    ...violations,
    ...leaks.map((what): Violation => ({ kind: 'leak', what })),
    ...broken.map((what): Violation => ({ kind: 'broken', what })),
  ]
}
