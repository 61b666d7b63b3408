import { confirm as ask, isCancel } from '@clack/prompts'

/** Asks yes or no, no being the default; Ctrl-C is a no. */
export async function confirm(message: string): Promise<boolean> {
  const answer = await ask({ message, initialValue: false })
  return !isCancel(answer) && answer
}
