import { type Facts, isArmed, isVerified, keepsOldInSync } from '../phase/facts.ts'
import { type LiveProcess, processName } from '../phase/live-process.ts'
import { isBefore, phases, type Stage } from '../phase/phase.ts'
import { beside } from './layout.ts'
import type { Output } from './output.ts'

const stages: readonly Stage[] = ['Expand', 'Fill', 'Switch', 'Contract']

/** What the rail shows beside the phase: counts of the last verification. */
export interface RailFacts {
  readonly facts: Facts
  readonly verifiedRows: number | null
  readonly environment: string | undefined
}

/** `Expand ✓   Fill ✓ 2,014,332 rows, 0 differ   Switch ● 50 % read new   Contract ·` */
export function rail({ facts, verifiedRows }: RailFacts, output: Pick<Output, 'style' | 'columns'>): string {
  const current = stages.indexOf(stageOf(facts))
  return beside(
    stages.map((stage, index) => {
      const mark =
        index < current || facts.droppedAt !== null
          ? output.style('green', '✓')
          : index === current
            ? output.style('yellow', '●')
            : output.style('dim', '·')
      const detail = index <= current ? detailOf(stage, facts, verifiedRows) : ''
      return `${stage} ${mark}${detail === '' ? '' : ` ${detail}`}`
    }),
    output.columns,
  )
}

/** The heading: the change, what it renames and where. */
export function heading({ facts, environment }: RailFacts, output: Output): string {
  const parts = [output.style('bold', facts.changeId), `${facts.oldName} → ${facts.newName}`]
  return beside(environment === undefined ? parts : [...parts, output.style('cyan', environment)], output.columns)
}

/** The processes of the registry in one line: how many agree with the phase, and by name those that do not, or say nothing. */
export function processLine({ phase, processes }: Facts): string {
  if (processes.length === 0) return 'No process is registered for this table.'
  const behind = processes.filter(({ oldestPhase }) => oldestPhase === undefined || isBefore(oldestPhase, phase))
  const silent = processes.filter((process) => process.isSilent && !behind.includes(process))
  const agreeing = processes.length - behind.length - silent.length
  return `${[
    `${agreeing} of ${processes.length} ${processes.length === 1 ? 'process agrees' : 'processes agree'}`,
    ...namedAs('behind', behind),
    ...namedAs('silent', silent),
  ].join('; ')}.`
}

function namedAs(what: string, processes: readonly LiveProcess[]): readonly string[] {
  return processes.length === 0 ? [] : [`${what}: ${processes.map(processName).join(', ')}`]
}

export function stageOf({ phase }: Facts): Stage {
  return phases[phase].stage
}

function detailOf(stage: Stage, facts: Facts, verifiedRows: number | null): string {
  if (stage === 'Fill') {
    if (isVerified(facts) && verifiedRows !== null) return `${count(verifiedRows)} rows, 0 differ${inQuarantine(facts)}`
    if (facts.openMismatches > 0) return `${count(facts.openMismatches)} rows differ`
    // A table that its own migrate run created needs no proof: nobody wrote to it before.
    return facts.backfillDone && facts.phase === 'dual-write' ? `filled, not verified${inQuarantine(facts)}` : ''
  }
  if (stage === 'Switch') {
    if (facts.phase === 'read-switch') return facts.hold === null ? `${facts.readPercent} % read new` : 'held on old'
    return 'all read new'
  }
  if (stage === 'Contract') return contractDetail(facts)
  return facts.phase === 'abandoned' ? 'abandoned' : ''
}

function inQuarantine({ quarantined }: Facts): string {
  return quarantined === 0 ? '' : `, ${count(quarantined)} in quarantine`
}

function contractDetail(facts: Facts): string {
  if (facts.droppedAt !== null) return 'dropped'
  if (facts.retiredAt !== null) return 'retired'
  if (facts.phase === 'contracted') return 'confirmed'
  if (isArmed(facts)) return 'old refused'
  return keepsOldInSync(facts) ? 'old kept in sync' : 'old left behind'
}

export function count(rows: number): string {
  return rows.toLocaleString('en-US')
}
