import { planNext } from '../../advance/plan.ts'
import { setReads } from '../../advance/set-reads.ts'
import { failure } from '../../errors/index.ts'
import { type Phase, phases } from '../../phase/phase.ts'
import { changeCommand } from '../change-command.ts'
import { exitCode } from '../exit-code.ts'
import { planJson } from '../show-plan.ts'

export default changeCommand({
  name: 'reads',
  description: 'Set how many of a hundred keys read new, for databaseFlags()',
  hidden: true,
  isChangeRequired: true,
  args: { percent: { type: 'positional', required: true, description: '0 to 100', valueHint: 'percent' } },
  async run({ args, output, target }) {
    const percent = wholeNumber(args.percent)
    const phase = await setReads(target, percent)
    output.line(effectOf(percent, phase))
    output.result({ ...planJson(await planNext(target)), obeyed: isObeyed(phase) })
    return exitCode.ok
  },
})

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
