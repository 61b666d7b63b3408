import type { Action } from './action.ts'
import * as reads from './aware-reads.ts'
import * as writes from './aware-writes.ts'
import { openSnapshot } from './open-transactions.ts'
import { openUnit } from './open-unit.ts'
import { fallAsleep } from './sleeper.ts'

/** What services of the new release do through their repositories, by the phase that they saw last. */
export const awareActions: readonly Action[] = [
  reads.readAll,
  reads.readAll,
  reads.readByKey,
  reads.readByKey,
  reads.readByValue,
  writes.insert,
  writes.insert,
  writes.insertWithoutName,
  writes.insertMany,
  writes.update,
  writes.update,
  writes.update,
  writes.updateByExpression,
  writes.updateByVolatileExpression,
  writes.updateNick,
  writes.upsert,
  writes.remove,
  writes.rolledBack,
  writes.wearBadge,
  openUnit,
  openSnapshot,
  fallAsleep,
  fallAsleep,
  fallAsleep,
  fallAsleep,
]
