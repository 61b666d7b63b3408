/**
 * SABOTAGE: loaded first into a process of the new release, it takes out what clamps the flag to the phase. From here
 * flags are obeyed in every phase.
 */
const { phases } = (await import(new URL('./phase/phase.js', import.meta.resolve('drizzle-expand-contract')).href)) as {
  phases: Record<string, { read: string }>
}
for (const behaviour of Object.values(phases)) behaviour.read = 'flag'

export {}
