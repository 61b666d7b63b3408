import type { Run } from './lab/run-scenario.ts'
import { Tally } from './lab/tally.ts'
import { type Violation, type ViolationKind, violationKinds } from './ledger/verdict.ts'

/** What a run of the lab has to say, all scenarios together. */
export interface LabReport {
  readonly version: 1
  readonly ok: boolean
  readonly seed: number
  /** The command that replays it: the same schedule of faults and requests, though not the same interleaving. */
  readonly replay: string
  readonly seconds: number
  readonly scenarios: readonly { readonly name: string; readonly seconds: number; readonly operations: number }[]
  readonly faults: Readonly<Record<string, number>>
  readonly commands: number
  readonly operations: number
  readonly acknowledged: number
  readonly unknown: number
  readonly refused: Readonly<Record<string, number>>
  readonly deadlocks: number
  /** Characters of output that were searched for row values, passwords and connection strings. */
  readonly searched: number
  readonly found: Readonly<Record<ViolationKind, number>>
  readonly violations: readonly (Violation & { readonly scenario: string })[]
  /** What happened in scenarios with violations, in order. */
  readonly told: readonly { readonly scenario: string; readonly lines: readonly string[] }[]
}

/** So many examples of each kind say what there is to say. */
const examples = 5

export function reportOf(runs: readonly Run[], seed: number, replay: string): LabReport {
  const faults = new Tally()
  const refused = new Tally()
  for (const run of runs) {
    faults.merge(run.faults)
    refused.merge(run.verdict.refused)
  }
  const violations = runs.flatMap(({ scenario, verdict }) => verdict.violations.map((one) => ({ ...one, scenario })))
  const ofKind = Map.groupBy(violations, ({ kind }) => kind)
  const sum = (count: (run: Run) => number): number => runs.reduce((total, run) => total + count(run), 0)
  return {
    version: 1,
    ok: violations.length === 0,
    seed,
    replay,
    seconds: Math.round(sum(({ elapsedMs }) => elapsedMs) / 1_000),
    scenarios: runs.map(({ scenario, elapsedMs, verdict }) => ({
      name: scenario,
      seconds: Math.round(elapsedMs / 1_000),
      operations: verdict.operations,
    })),
    faults: faults.counts,
    commands: sum(({ commands }) => commands),
    operations: sum(({ verdict }) => verdict.operations),
    acknowledged: sum(({ verdict }) => verdict.acknowledged),
    unknown: sum(({ verdict }) => verdict.unknown),
    refused: refused.counts,
    deadlocks: Object.entries(refused.counts).reduce((all, [why, n]) => all + (why.startsWith('40P01') ? n : 0), 0),
    searched: sum(({ searched }) => searched),
    found: Object.fromEntries(violationKinds.map((kind) => [kind, ofKind.get(kind)?.length ?? 0])) as Record<
      ViolationKind,
      number
    >,
    violations: [...ofKind.values()].flatMap((ones) => ones.slice(0, examples)),
    told: runs
      .filter(({ verdict }) => verdict.violations.length > 0)
      .map(({ scenario, told }) => ({ scenario, lines: told })),
  }
}

/** For people. */
export function inWords(report: LabReport): string {
  const { faults, refused, found, violations, told, replay } = report
  const counted = (counts: Readonly<Record<string, number>>): readonly string[] =>
    Object.entries(counts).map(([what, count]) => `  ${number(count).padStart(9)}  ${what}`)
  return [
    `Scenarios (${report.seconds} s):`,
    ...report.scenarios.map(
      ({ name, seconds, operations }) => `  ${name}: ${number(operations)} operations in ${seconds} s`,
    ),
    '',
    'Faults injected:',
    ...counted(faults),
    '',
    `Operations ${number(report.operations)}, acknowledged ${number(report.acknowledged)}, without an answer ${number(report.unknown)}; commands ${number(report.commands)}.`,
    `Refused, each explained (deadlocks surfaced: ${report.deadlocks}):`,
    ...counted(refused),
    '',
    `Lost ${found.lost}, resurrected ${found.resurrected}, stale ${found.stale}, sides that disagree ${found.disagree}, forged ${found.forged}, unexplained refusals ${found.unexplained}, leaks ${found.leak} (in ${number(report.searched)} characters), broken steps ${found.broken}.`,
    ...violations.map(({ scenario, kind, what }) => `  ✗ ${scenario}: ${kind}: ${what}`),
    ...told.flatMap(({ scenario, lines }) => ['', `What happened in ${scenario}:`, ...lines]),
    '',
    `${report.ok ? 'Every promise was kept.' : 'A PROMISE WAS BROKEN.'} Seed ${report.seed}; again: ${replay}`,
  ].join('\n')
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
