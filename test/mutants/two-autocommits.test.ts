import { AsyncLocalStorage } from 'node:async_hooks'
import { vi } from 'vitest'
import type * as Tables from '../../src/repository/changed-table.ts'
import type * as RepositoryModule from '../../src/repository/table-repository.ts'
import type { Decisions } from '../../src/repository/unit-of-work.ts'
import { expectToDie } from './story/expectations.ts'

/** The one side that is written at the moment. */
const half = vi.hoisted(() => ({ current: undefined as AsyncLocalStorage<'old' | 'new'> | undefined }))
half.current = new AsyncLocalStorage()

/** Writes old in one transaction and new in the next: between the two, others do the same. */
vi.mock('../../src/repository/table-repository.ts', async (importActual) => {
  const actual = await importActual<typeof RepositoryModule>()
  class TableRepository extends actual.TableRepository {
    override async update(...[patch, where]: Parameters<RepositoryModule.TableRepository['update']>) {
      if (typeof Object(patch).fullName !== 'string') return super.update(patch, where)
      await half.current!.run('old', () => super.update(patch, where))
      return half.current!.run('new', () => super.update(patch, where))
    }
  }
  return { ...actual, TableRepository }
})

vi.mock('../../src/repository/changed-table.ts', async (importActual) => {
  const actual = await importActual<typeof Tables>()
  class ChangedTable extends actual.ChangedTable {
    override variantFor(decisions: Decisions) {
      const write = half.current?.getStore()
      return super.variantFor(write === undefined ? decisions : writingOnly(write, decisions))
    }
  }
  return { ...actual, ChangedTable }
})

function writingOnly(write: 'old' | 'new', decisions: Decisions): Decisions {
  return {
    decisionOn(change) {
      const decision = decisions.decisionOn(change)
      return decision.mode.write === 'both' ? { ...decision, mode: { ...decision.mode, write } } : decision
    },
  }
}

expectToDie('two-autocommits')
