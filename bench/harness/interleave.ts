/** Things to compare with each other, by name. */
export type Variants<Name extends string, Measure> = Readonly<Record<Name, Measure>>

/** Items in the order of a round. Each round begins one further, so that none always runs first, or after the same one. */
export function rotated<Item>(items: readonly Item[], round: number): readonly Item[] {
  const start = items.length === 0 ? 0 : round % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

/**
 * Measures variants in turn, A B C, B C A, C A B …, so that what slows the machine down for a while slows all of them.
 *
 * @param rounds how often each is measured.
 * @returns what each round of each variant gave, in the order of the rounds.
 */
export async function interleave<Name extends string, Sample>(
  variants: Variants<Name, () => Promise<Sample>>,
  rounds: number,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(variants) as Name[]
  const samples = emptyLists<Name, Sample>(names)
  for (let round = 0; round < rounds; round += 1) {
    for (const name of rotated(names, round)) samples[name].push(await variants[name]())
  }
  return samples
}

export function emptyLists<Name extends string, Item>(names: readonly Name[]): Record<Name, Item[]> {
  return Object.fromEntries(names.map((name) => [name, [] as Item[]])) as Record<Name, Item[]>
}
