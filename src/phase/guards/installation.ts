import { keepsOldInSync } from '../facts.ts'
import { isHandedOver } from '../step-gates.ts'
import { type Guard, safety } from './guard.ts'

export const expandApplied: Guard = {
  name: 'the expand migration is applied',
  kind: safety,
  blockers: ({ columns, newName, sync, trigger, invalidIndexes }) => [
    ...(columns.new === undefined ? [`column ${newName} does not exist yet: run \`npx expand-contract migrate\``] : []),
    ...(columns.new !== undefined && sync === 'trigger' && trigger === undefined
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
  blockers: ({ sync, trigger }) => {
    if (sync === 'none') return []
    return trigger === undefined
      ? [
          'the sync trigger is missing: it was installed by the expand migration and has been dropped since; `next` puts it back',
        ]
      : [
          ...(trigger.enabledAlways
            ? []
            : ['the sync trigger is disabled or not ENABLE ALWAYS: enable it, then verify again']),
          ...trigger.laterTriggers.map(
            (name) =>
              `trigger ${name} fires after the sync trigger and may change a side again: rename it to sort before "~ec_"`,
          ),
        ]
  },
}

/** While it was off, or another one in its place, writers may have passed it by: what was proved before proves nothing. */
export const triggerUnaltered: Guard = {
  name: 'the sync trigger has been there all the time',
  kind: safety,
  blockers: ({ trigger }) =>
    trigger?.alteredByHand
      ? [
          'the sync trigger was altered by hand or missing for a while, and writers may have passed it by: `next` begins the proof anew',
        ]
      : [],
}

/** What every step asks for that relies on both sides having been written, and being written from now on. */
export const syncHolds: readonly Guard[] = [triggerWorks, triggerUnaltered]

/** Drizzle's types say what the columns should be; a hand that changed one of them makes copies fail or change values. */
export const typesFit: Guard = {
  name: 'the types of the columns fit',
  kind: safety,
  blockers: ({ typeProblem }) => (typeProblem === undefined ? [] : [typeProblem]),
}

export const writersReachBothSides: Guard = {
  name: 'every role that may use the old side may use the new one',
  kind: safety,
  blockers: ({ rolesWithoutNewSide, oldName, newName }) =>
    rolesWithoutNewSide.map(
      (role) => `role "${role}" may read or write ${oldName} and not ${newName}: grant it the same rights`,
    ),
}

/** A step that was interrupted leaves indexes or constraints out that reads and writes of the new side rely on. */
export const expandFinished: Guard = {
  name: 'the expand step is finished',
  kind: safety,
  blockers: ({ steps }) =>
    steps.expand === undefined || steps.expand === 'done'
      ? []
      : [`the expand step is ${steps.expand}: \`npx expand-contract migrate\` finishes it`],
}

export const newIndexesValid: Guard = {
  name: 'the indexes of the table are valid',
  kind: safety,
  blockers: ({ invalidIndexes }) =>
    invalidIndexes.map((index) => `index ${index} is invalid: drop it and build it again`),
}

export const handoverApplied: Guard = {
  name: 'the handover step is applied',
  kind: safety,
  blockers: ({ steps }) =>
    steps.handover === undefined || steps.handover === 'done'
      ? []
      : [`the handover step is ${steps.handover}: \`next\` runs it, or \`migrate\``],
}

export const handoverNotApplied: Guard = {
  name: 'the handover step is not applied',
  kind: safety,
  blockers: ({ steps: { handover } }) =>
    isHandedOver(handover)
      ? [
          `the handover step is ${handover === 'done' ? 'applied' : 'running'}, so the change cannot be abandoned any more`,
        ]
      : [],
}

/** Without a trigger nothing fills the new side of what is written to old alone, and the handover makes it NOT NULL. */
export const newMayBeLeftOut: Guard = {
  name: 'rows may leave the new side out',
  kind: safety,
  blockers: ({ sync, steps, oldName, newName }) =>
    sync === 'none' && isHandedOver(steps.handover)
      ? [
          `the handover step is ${steps.handover === 'done' ? 'applied' : 'under way'}, so every row has to give ${newName}, and without a sync trigger nothing fills it where ${oldName} alone is written: stay in dual-write`,
        ]
      : [],
}

/** The handover takes these from old, but not one that was generated while copy-back was still on. */
export const oldMayBeLeftOut: Guard = {
  name: 'rows may leave the old side out',
  kind: safety,
  blockers: (facts) => {
    const { oldName, oldConstraints, steps } = facts
    const isDueToGo = steps.handover === 'deferred' || steps.handover === 'running'
    return keepsOldInSync(facts) || isDueToGo
      ? []
      : oldConstraints.map(
          (constraint) =>
            `${oldName} has kept its ${constraint} through the handover, and nothing writes it from new-only on, so rows would be refused: declare \`copyBack: true\` as when the migrations were generated, or drop the ${constraint} of ${oldName} by hand`,
        )
  },
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
