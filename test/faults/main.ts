/**
 * The fault lab.
 *
 *   npm run faults -- [--minutes 10] [--seed 42] [--only kills,storm] [--json]
 */

import { Lab } from './lab/lab.ts'
import { kills } from './scenarios/kills.ts'
import { renameColumnSubject } from './subjects/rename-column/subject.ts'

const lab = await Lab.open()
try {
  const run = await lab.run(renameColumnSubject, kills, 42, { ms: Number(process.argv[2] ?? 15) * 1000 })
  console.log(JSON.stringify(run, null, 2).slice(0, 6000))
} finally {
  await lab.close()
}
