import { verifyChange } from '../../verify/index.ts'
import { changeCommand } from '../change-command.ts'
import { exitCode } from '../exit-code.ts'
import { showVerified, stepProgress } from '../show-taken.ts'

const exitCodes = {
  verified: exitCode.ok,
  mismatches: exitCode.actionNeeded,
  interrupted: exitCode.interrupted,
} as const

export default changeCommand({
  name: 'verify',
  description: 'Compare both sides of every row',
  hidden: true,
  args: {
    repair: {
      type: 'boolean',
      description: 'Copy rows that differ from the side that holds the truth, then compare again',
    },
  },
  async run({ args, output, target: { session, change, sides }, signal }) {
    const result = await verifyChange(session, change, sides, {
      signal,
      repair: Boolean(args.repair),
      onProgress: stepProgress(output),
    })
    output.status('')
    showVerified(result, output)
    output.result({ change: change.id, ...result })
    return exitCodes[result.outcome]
  },
})
