import { explore } from './checker.ts'
import { configurations } from './configurations.ts'
import { modelOf } from './model.ts'
import { printTrace } from './trace.ts'

/** `node test/model/main.ts [configuration]`: explores one configuration, or all of them, and says how large they are. */
for (const [key, configuration] of Object.entries(configurations)) {
  if (process.argv[2] !== undefined && process.argv[2] !== key) continue
  const { states, steps, ms, counterexample } = explore(modelOf(configuration), 3_000_000)
  const perSecond = Math.round((states / ms) * 1_000).toLocaleString('en-US')
  console.log(`${configuration.name}: ${states} states, ${steps} steps, ${Math.round(ms)} ms, ${perSecond} states/s`)
  if (counterexample !== undefined) console.log(printTrace(counterexample))
}
