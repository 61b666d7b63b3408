export type { ControlPolicy } from './control-policy.ts'
export { createToolkit, type Toolkit, type ToolkitOptions } from './create-toolkit.ts'
export { consoleLog, type Log, type ToolkitEvent } from './events.ts'
export type { ProcessOptions } from './process-identity.ts'
