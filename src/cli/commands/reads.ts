import { planNext } from '../../advance/plan.ts'
import { holdReads, setReads } from '../../advance/set-reads.ts'
import type { Target } from '../../advance/target.ts'
import { failure } from '../../errors/index.ts'
import { type Phase, phases } from '../../phase/phase.ts'
import { changeCommand } from '../change-command.ts'
import { exitCode } from '../exit-code.ts'
import { planJson } from '../show-plan.ts'

export default changeCommand({
  name: 'reads',
  description: 'Set how many of a hundred keys read new, for databaseFlags(), or hold all reads on old',
  hidden: true,
  isChangeRequired: true,
  args: {
    percent: { type: 'positional', required: false, description: '0 to 100; lifts a hold', valueHint: 'percent' },
    hold: {
      type: 'string',
      description: 'Force reads to old until they are set again; the reason is kept in the history',
      valueHint: 'reason',
    },
  },
  async run({ args, output, target }) {
    if ((args.percent === undefined) === (args.hold === undefined)) {
      throw failure('EC_OPTION_INVALID', { option: '<percent>', problem: 'give a percentage or --hold <reason>.' })
    }
    const done = args.hold === undefined ? await set(target, args.percent!) : await hold(target, args.hold)
    output.line(done.effect)
    output.result({ ...planJson(await planNext(target)), obeyed: done.obeyed })
    return exitCode.ok
  },
})

async function set(target: Target, text: string) {
  const percent = wholeNumber(text)
  const phase = await setReads(target, percent)
  return { effect: effectOf(percent, phase), obeyed: isObeyed(phase) }
}

async function hold(target: Target, reason: string) {
  await holdReads(target, reason)
  return { effect: 'All reads are held on old, as soon as processes look again (a second or two).', obeyed: true }
}

function isObeyed(phase: Phase): boolean {
  return phases[phase].read === 'flag'
}

function effectOf(percent: number, phase: Phase): string {
  return isObeyed(phase)
    ? `${percent} % of keys read new, as soon as processes look again (a second or two).`
    : `Kept, and obeyed by nobody: in "${phase}" all reads are ${phases[phase].read}. Reads start from 0 % when the change enters read-switch.`
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && text.trim() !== '') return number
  throw failure('EC_OPTION_INVALID', {
    option: '<percent>',
    problem: `${JSON.stringify(text)} is not a whole number from 0 to 100.`,
  })
}
