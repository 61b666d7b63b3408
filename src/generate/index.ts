export { type GeneratedFile, type GenerateInput, type GenerateResult, generateMigrations } from './generate.ts'
export { refuseHandedOver } from './handed-over.ts'
