export type { Findings } from './verdict.ts'
export {
  type VerificationOptions,
  type VerificationProgress,
  type VerificationResult,
  verifyChange,
} from './verify-change.ts'
