import { entry, quotedNames } from './entry.ts'

/** Moving a change from phase to phase, and the work that belongs to a phase. */
export const phaseErrors = {
  EC_CHANGE_UNDECLARED: entry<{ id: string; declared: readonly string[] }>({
    outcome: 'usage',
    message: ({ id }) => (id === '' ? 'No change is declared.' : `No change "${id}" is declared.`),
    fix: ({ declared }) =>
      declared.length === 0
        ? 'Declare one with renameColumn and export it from the file that "changes" names.'
        : `Declared are: ${quotedNames(declared)}.`,
  }),
  EC_CHANGE_FORGOTTEN: entry<{ id: string; phase: string; table: string; oldColumn: string }>({
    outcome: 'usage',
    message: ({ id, phase, table, oldColumn }) =>
      `Change "${id}" is in "${phase}" in this database, and this code has neither its declaration nor column "${oldColumn}" of table "${table}". It would read what may not be filled yet, and its writes would be refused.`,
    fix: () =>
      'Restore the old key and the declaration; both may go once the old column has been dropped in every environment (the second pull request).',
  }),
  EC_CHANGE_UNRECORDED: entry<{ id: string }>({
    outcome: 'action-needed',
    message: ({ id }) => `The database does not know change "${id}" yet: its expand migration has not been applied.`,
    fix: () =>
      'Run `npx expand-contract generate` if there are no migration files for it, then `npx expand-contract migrate`.',
  }),
  EC_DECLARATION_DIFFERS: entry<{ id: string; differences: readonly string[] }>({
    outcome: 'usage',
    message: ({ id, differences }) =>
      `Change "${id}" is declared differently from what this database recorded when it was expanded (${differences.join('; ')}). Writing by it could fill the wrong column.`,
    fix: () =>
      'Restore the declaration. For another change use another id; to abandon this one, go `npx expand-contract back` from expanded first.',
  }),
  EC_PHASE_ORDER: entry<{ id: string; from: string; to: string; possible: readonly string[] }>({
    outcome: 'usage',
    message: ({ id, from, to }) => `Change "${id}" is in "${from}"; there is no step from there to "${to}".`,
    fix: ({ possible }) =>
      possible.length === 0
        ? 'The change has ended.'
        : `From there it can go to: ${quotedNames(possible)}. \`next\` and \`back\` choose the right one.`,
  }),
  EC_GUARD_REFUSED: entry<{ id: string; from: string; to: string; reasons: readonly string[]; forceable: boolean }>({
    outcome: 'action-needed',
    message: ({ id, from, to, reasons }) =>
      `Change "${id}" stays in "${from}", the step to "${to}" is blocked:\n${reasons.map((reason) => `  - ${reason}`).join('\n')}`,
    fix: ({ forceable }) =>
      forceable
        ? 'Wait (`npx expand-contract next --wait`, or `back --wait`) or see to what is named. No write can be lost here: `--force <reason>` goes on and keeps the reason in the history.'
        : 'See to what is named, then repeat the command. This guard protects data and cannot be forced.',
  }),
  EC_EPOCH_CONFLICT: entry<{ id: string }>({
    outcome: 'action-needed',
    message: ({ id }) => `Change "${id}" was moved by somebody else at the same moment. Nothing was changed here.`,
    fix: () => 'Look at `npx expand-contract status`, then decide again.',
  }),
  EC_LOCK_TIMEOUT: entry<{ lock: string; waitedMs: number; blockers: readonly string[] }>({
    outcome: 'action-needed',
    message: ({ lock, waitedMs, blockers }) =>
      `The lock on ${lock} was not to be had within ${(waitedMs / 1000).toFixed(1)} s${blockers.length > 0 ? `; in the way: ${blockers.join('; ')}` : ''}. Nothing was changed.`,
    fix: () =>
      'Let the transactions named end, or end them (`SELECT pg_terminate_backend(<pid>)`), then repeat the command. Traffic was never held up for longer than one short try.',
  }),
  EC_PHASE_FORBIDS: entry<{ id: string; action: string; phase: string; allowed: readonly string[] }>({
    outcome: 'action-needed',
    message: ({ id, action, phase, allowed }) =>
      `Change "${id}" is in phase "${phase}", where no ${action} may run: it could overwrite the side that holds the truth, or would prove nothing. It may run in ${quotedNames(allowed)}.`,
    fix: () => 'Look at `npx expand-contract status`; `next` and `back` offer what fits the phase.',
  }),
  EC_CHANGE_ENDED: entry<{ id: string; action: string; end: string }>({
    outcome: 'action-needed',
    message: ({ id, action, end }) =>
      `Change "${id}" is over in this database (${end}), so there is nothing that a ${action} could prove or fill.`,
    fix: ({ id }) =>
      `Nothing has to be done here. \`npx expand-contract next ${id}\` says what is left to do in the code.`,
  }),
  EC_OPTION_UNFIT: entry<{ id: string; option: string; problem: string }>({
    outcome: 'action-needed',
    message: ({ id, option, problem }) =>
      `Change "${id}" takes no ${option} as it is: ${problem}. Nothing was changed.`,
    fix: () =>
      'Look at `npx expand-contract status`, which says where the change is; docs/waiting.md tells the option.',
  }),
  EC_NOT_SYNCED: entry<{ id: string; action: string }>({
    outcome: 'action-needed',
    message: ({ id, action }) =>
      `The sides of change "${id}" are not written together yet, so a ${action} would be out of date as soon as it has ended.`,
    fix: () =>
      '`npx expand-contract next` offers the step that is due: with a sync trigger the expand migration, which installs it; without one the step to dual-write.',
  }),
  EC_OLD_GIVEN_UP: entry<{ id: string; action: string; phase: string }>({
    outcome: 'action-needed',
    message: ({ id, action, phase }) =>
      `Change "${id}" is in phase "${phase}" with copy-back off: the old side is not written any more and falls behind, so a ${action} would prove nothing.`,
    fix: () =>
      'Nothing has to be done on the way to the contract. To use the old side again, `npx expand-contract back` returns to read-new, where both sides are written; from there it fills old from new and compares them.',
  }),
  EC_RUN_STOPPED: entry<{ id: string; action: string; problem: string }>({
    outcome: 'action-needed',
    message: ({ id, action, problem }) =>
      `The ${action} of change "${id}" stopped: ${problem}. Nothing was written after that.`,
    fix: () => 'Look at `npx expand-contract status`, then repeat the command; it begins again where that is needed.',
  }),
} as const
