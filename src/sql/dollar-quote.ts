/** A string constant for SQL text that stays readable over many lines; the tag is chosen so that the text cannot end it. */
export function dollarQuoted(text: string, tag = 'sql'): string {
  return text.includes(`$${tag}$`) ? dollarQuoted(text, `${tag}_`) : `$${tag}$${text}$${tag}$`
}
