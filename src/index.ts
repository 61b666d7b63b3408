/**
 * drizzle-expand-contract: change a live PostgreSQL schema from Drizzle ORM with no downtime and no lost write.
 *
 * @module
 */
export type { Change, Changes } from './change/change.ts'
export { changeColumns, type TransformOptions } from './change/change-columns.ts'
export type { ChangeOptions } from './change/options.ts'
export { renameColumn } from './change/rename-column.ts'
export type { ChangeTypes } from './change/types.ts'
export { type Config, defineConfig } from './config/config.ts'
export { DatabaseError, type ErrorCode, ExpandContractError, type Outcome } from './errors/index.ts'
export { databaseFlags } from './flags/database.ts'
export type { FlagContext, FlagPort, FlagReport, FlagRequest, FlagState, FlagStatus } from './flags/port.ts'
export type { Phase } from './phase/phase.ts'
export type {
  ChangesFor,
  DrizzleDatabase,
  FindManyOptions,
  FindOptions,
  LockStrength,
  LogicalTable,
  NewRow,
  QueryDatabase,
  QueryScope,
  Repositories,
  Repository,
  Resolved,
  Row,
  RowPatch,
  RunOptions,
  TransactionOf,
  UpsertOptions,
} from './repository/index.ts'
export {
  type ControlPolicy,
  consoleLog,
  createToolkit,
  type Log,
  type ProcessOptions,
  type Toolkit,
  type ToolkitEvent,
  type ToolkitOptions,
} from './toolkit/index.ts'
