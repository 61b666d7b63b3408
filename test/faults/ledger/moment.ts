/** A moment by `clock()`, as the chronicle and violations name it. */
export function momentInWords(moment: number): string {
  return `${(moment / 1_000_000).toFixed(3)} s`
}
