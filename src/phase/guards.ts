import { type Facts, isArmed, isVerified, type LiveProcess, processName } from './facts.ts'
import { isBefore, type Phase } from './phase.ts'

/**
 * `safety`: breaking it can lose or falsify data, so nothing overrides it. `courtesy`: breaking it can only refuse a
 * write of a process that is still alive, so it yields to `--force <reason>`.
 */
export type GuardKind = 'safety' | 'courtesy'

export interface Guard {
  readonly name: string
  readonly kind: (facts: Facts) => GuardKind
  /** What stands in the way, each in one sentence that names it; empty where the guard holds. */
  readonly blockers: (facts: Facts) => readonly string[]
}

const safety = () => 'safety' as const
const courtesy = () => 'courtesy' as const

/** For so long a process must have read new only, for all units with a key, before its reads count as on new. */
export const observationWindowMs = 10_000

export const expandApplied: Guard = {
  name: 'the expand migration is applied',
  kind: safety,
  blockers: ({ columns, newName, trigger, invalidIndexes }) => [
    ...(columns.new === undefined ? [`column ${newName} does not exist yet: run \`expand-contract migrate\``] : []),
    ...(columns.new !== undefined && trigger === undefined
      ? ['the sync trigger is not installed: apply the expand migration']
      : []),
    ...(trigger === undefined || trigger.mode === 'old'
      ? []
      : [
          `the sync trigger is in mode "${trigger.mode}": the change has been further before, and its row was lost; restore it`,
        ]),
    ...invalidIndexes.map((index) => `index ${index} is invalid: drop it and build it again`),
  ],
}

/** A sync trigger that is off, or that a user's trigger can undo, leaves writers unsynchronised without a word. */
export const triggerWorks: Guard = {
  name: 'the sync trigger works',
  kind: safety,
  blockers: ({ trigger }) =>
    trigger === undefined
      ? ['the sync trigger is missing: it was installed by the expand migration and has been dropped since']
      : [
          ...(trigger.enabledAlways
            ? []
            : ['the sync trigger is disabled or not ENABLE ALWAYS: enable it, then verify again']),
          ...trigger.laterTriggers.map(
            (name) =>
              `trigger ${name} fires after the sync trigger and may change a side again: rename it to sort before "~ec_"`,
          ),
        ],
}

/** Drizzle's types say what the columns should be; a hand that changed one of them makes copies fail or change values. */
export const sameTypes: Guard = {
  name: 'both columns have one type',
  kind: safety,
  blockers: ({ columns, oldName, newName }) =>
    columns.old === undefined || columns.new === undefined || columns.old === columns.new
      ? []
      : [`${oldName} is ${columns.old} and ${newName} is ${columns.new}: give them one type`],
}

export const writersReachBothSides: Guard = {
  name: 'every role that may use the old side may use the new one',
  kind: safety,
  blockers: ({ rolesWithoutNewSide, oldName, newName }) =>
    rolesWithoutNewSide.map(
      (role) => `role "${role}" may read or write ${oldName} and not ${newName}: grant it the same rights`,
    ),
}

export const processesKnowTheChange: Guard = {
  name: 'every live process that declares the table knows the change',
  // With the trigger an unaware process loses nothing; it would only be refused later.
  kind: ({ trigger }) => (trigger === undefined ? 'safety' : 'courtesy'),
  blockers: ({ processes }) =>
    processes
      .filter(({ oldestPhase }) => oldestPhase === undefined)
      .map((process) => `${processName(process)} does not know the change: deploy a release that declares it`),
}

/** A step that was interrupted leaves indexes or constraints out that reads and writes of the new side rely on. */
export const expandFinished: Guard = {
  name: 'the expand step is finished',
  kind: safety,
  blockers: ({ steps }) =>
    steps.expand === undefined || steps.expand === 'done'
      ? []
      : [`the expand step is ${steps.expand}: \`expand-contract migrate\` finishes it`],
}

export const filled: Guard = {
  name: 'the new side is filled',
  kind: safety,
  blockers: ({ backfillDone }) => (backfillDone ? [] : ['the backfill has not finished']),
}

export const verified: Guard = {
  name: 'both sides are verified',
  kind: safety,
  blockers: (facts) =>
    isVerified(facts)
      ? []
      : [
          facts.openMismatches > 0
            ? `${facts.openMismatches} row(s) differ: \`expand-contract verify ${facts.changeId} --repair\` copies from the side that holds the truth`
            : `both sides have not been verified since they are written together: \`expand-contract verify ${facts.changeId}\` compares them`,
        ],
}

export const verifiedSinceEntry: Guard = {
  name: 'both sides are verified again since reads may be new',
  kind: safety,
  blockers: (facts) =>
    isVerified(facts) && facts.verifiedAt !== null && facts.verifiedAt >= facts.phaseSince
      ? []
      : [`no verification has finished since the change entered "${facts.phase}"`],
}

export const newIndexesValid: Guard = {
  name: 'the indexes of the table are valid',
  kind: safety,
  blockers: ({ invalidIndexes }) =>
    invalidIndexes.map((index) => `index ${index} is invalid: drop it and build it again`),
}

export const readsAreOnNew: Guard = {
  name: 'reads with a key are observed on new',
  kind: courtesy,
  blockers: ({ processes, hold }) => [
    ...(hold === null ? [] : [`reads are held on old (${hold})`]),
    ...processes.filter(readsOld).map((process) => `${processName(process)} still reads old for some keys`),
  ],
}

function readsOld({ keyedReads: { lastOldAgoMs } }: LiveProcess): boolean {
  return lastOldAgoMs !== null && lastOldAgoMs < observationWindowMs
}

export const handoverApplied: Guard = {
  name: 'the handover step is applied',
  kind: safety,
  blockers: ({ steps }) =>
    steps.handover === undefined || steps.handover === 'done'
      ? []
      : [`the handover step is ${steps.handover}: \`next\` runs it, or \`migrate\``],
}

/** Every open unit of work counts, not only what a process would decide now: a paused one wakes with its old decision. */
function processesBelow(processes: readonly LiveProcess[], phase: Phase): readonly string[] {
  return processes
    .filter(({ oldestPhase }) => oldestPhase === undefined || isBefore(oldestPhase, phase))
    .map(
      (process) =>
        `${processName(process)} is ${process.oldestPhase === undefined ? 'without the change' : `at "${process.oldestPhase}"`}`,
    )
}

export const processesAtReadNew: Guard = {
  name: 'every live process reads new',
  // With copy-back old stays in sync, so a process that lags reads right values.
  kind: ({ copyBack }) => (copyBack ? 'courtesy' : 'safety'),
  blockers: ({ processes }) => processesBelow(processes, 'read-new'),
}

export const processesAtNewOnly: Guard = {
  name: 'every live process writes new only',
  kind: courtesy,
  blockers: ({ processes }) => processesBelow(processes, 'new-only'),
}

export const noProcessBelowNewOnly: Guard = {
  name: 'no process names the old column any more',
  // The column is about to go: a process that names it would fail with every statement.
  kind: safety,
  blockers: ({ processes }) => processesBelow(processes, 'new-only'),
}

export const nobodyWritesOldAlone: Guard = {
  name: 'nobody has written old alone within the soak',
  kind: courtesy,
  blockers: (facts) => [
    ...facts.unawareWriters.map((writer) => `${writer} wrote ${facts.oldName} alone`),
    ...remainingSoak(facts),
  ],
}

/** A writer that comes by once a week can be seen only once it has had the time to. */
function remainingSoak({ namedSince, soakMs, now, oldName }: Facts): readonly string[] {
  const until = (namedSince?.getTime() ?? now.getTime()) + soakMs
  return until <= now.getTime()
    ? []
    : [`writers of ${oldName} alone have been watched for less than the soak; it ends ${new Date(until).toISOString()}`]
}

export const armed: Guard = {
  name: 'writes to old alone are refused',
  kind: safety,
  blockers: (facts) =>
    isArmed(facts)
      ? []
      : ['writes to old alone are still accepted: `next` arms the refusal once nobody writes old alone'],
}

export const noDependents: Guard = {
  name: 'nothing in the database needs the old column',
  kind: safety,
  blockers: ({ dependents, oldName }) =>
    dependents.map((dependent) => `${dependent} needs ${oldName}: change or drop it`),
}

export const notDropped: Guard = {
  name: 'the old column still exists',
  kind: safety,
  blockers: ({ droppedAt, oldName }) =>
    droppedAt === null ? [] : [`${oldName} has been dropped; only a restore brings it back`],
}

export const handoverNotApplied: Guard = {
  name: 'the handover step is not applied',
  kind: safety,
  blockers: ({ steps }) =>
    steps.handover === 'done' ? ['the handover step is applied, so the change cannot be abandoned any more'] : [],
}

export const copiedBack: Guard = {
  name: 'old has been kept in sync',
  kind: safety,
  blockers: ({ copyBack, trigger }) =>
    copyBack && trigger !== undefined
      ? []
      : ['old has not been kept in sync since new-only: going back would lose what was written since'],
}
