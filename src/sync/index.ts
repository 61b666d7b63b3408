export { disagree, type SideValues, valuesOf } from './agreement.ts'
export { defaultMovedBy } from './default-trigger.ts'
export { type InstallOptions, installSync, removeSync } from './install.ts'
export { syncNames, syncSchema } from './names.ts'
export { retiredName, retiredSides, retireStatements, unretireStatements } from './retired.ts'
export { switchMode, switchModeStatements } from './switch-mode.ts'
export { createSyncFunction } from './sync-function.ts'
export type { SyncSetting, TriggerSides } from './sync-triggers.ts'
export {
  backwardValues,
  createTransformFunctions,
  dropTransformFunctions,
  forwardValues,
  transformFunctionNames,
} from './transform-functions.ts'
export { isAltered, isSetTo, type TriggerState, triggerState } from './trigger-state.ts'
export { recordingIntervalMs } from './unaware-writers.ts'
