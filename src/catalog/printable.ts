/** Text that others chose (names of processes, of prepared transactions), so that it cannot move the cursor of a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?')
}
