/**
 * Several operators in one process, each with a session of its own: what `next` and `back` do, without the half second of
 * processor time that each start of the command line takes. All of them decide, wait for the word, and act at once.
 */
import type { ExpandContractError } from 'drizzle-expand-contract'
import type * as plans from '../../../src/advance/plan.ts'
import type * as backs from '../../../src/advance/take-back.ts'
import type * as nexts from '../../../src/advance/take-next.ts'
import type * as projects from '../../../src/config/project.ts'

export type Direction = 'next' | 'back'

export type CrowdOrder =
  | { readonly order: 'decide'; readonly directions: readonly Direction[]; readonly change: string }
  | { readonly order: 'act' }

/** How one operator fared: `moved` where it took a step that has an epoch of its own, else the code of the error, or `other`. */
export type CrowdReport =
  | { readonly report: 'decided' }
  | { readonly report: 'acted'; readonly outcomes: readonly string[] }

/** Steps with an epoch of their own. */
const moving: readonly string[] = ['transition', 'reads', 'arm', 'prove-anew', 'unretire']

const packageJson = import.meta.resolve('drizzle-expand-contract/package.json')
const load = <Module>(path: string): Promise<Module> => import(new URL(`./dist/src/${path}`, packageJson).href)
const { changeNamed, openProject, targetOf, withControl } = await load<typeof projects>('config/project.js')
const { planBack, planNext } = await load<typeof plans>('advance/plan.js')
const { takeBack } = await load<typeof backs>('advance/take-back.js')
const { takeNext } = await load<typeof nexts>('advance/take-next.js')

const project = await openProject({})
let act = (): void => undefined
const word = new Promise<void>((resolve) => {
  act = resolve
})
process.once('disconnect', () => process.exit())
process.on('message', async (order: CrowdOrder) => {
  if (order.order === 'act') return act()
  let undecided = order.directions.length
  const outcomes = await Promise.all(
    order.directions.map((direction) =>
      operate(order.change, direction, () => {
        undecided -= 1
        if (undecided === 0) tell({ report: 'decided' })
      }),
    ),
  )
  tell({ report: 'acted', outcomes })
})

function operate(id: string, direction: Direction, decided: () => void): Promise<string> {
  return withControl(project, async (session) => {
    const target = targetOf(project, session, changeNamed(project, id), new AbortController().signal)
    const plan = direction === 'next' ? await planNext(target) : await planBack(target)
    decided()
    await word
    const taken = 'handoverFirst' in plan ? takeNext(target, plan) : takeBack(target, plan)
    return taken.then(
      () => (moving.includes(plan.step.kind) ? 'moved' : 'other'),
      (error: Partial<ExpandContractError>) => error.code ?? String(error),
    )
  })
}

function tell(report: CrowdReport): void {
  process.send?.(report)
}
