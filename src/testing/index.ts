/** What teams use in their own tests. */
export { type MemoryFlag, type MemoryFlags, memoryFlags } from '../flags/memory.ts'
