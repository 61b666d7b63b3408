/** Quotes an identifier for SQL text; a double quote inside is doubled, as PostgreSQL wants it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** An object of a schema by its physical names, not quoted. */
export interface QualifiedName {
  readonly schema: string
  readonly name: string
}

/** `"schema"."name"`, both quoted. */
export function qualified(object: QualifiedName): string {
  return `${identifier(object.schema)}.${identifier(object.name)}`
}

/** For people: `users`, or `billing.users` where the schema is not the one that is meant without a name. */
export function tableInWords({ schema, name }: QualifiedName): string {
  return schema === 'public' ? name : `${schema}.${name}`
}

/** A string constant for SQL text that takes no parameters (DDL, function bodies). */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** PostgreSQL cuts longer names silently, so two names that differ only after this length would collide. */
export const maximumIdentifierBytes = 63

/**
 * A name within PostgreSQL's 63 bytes: `prefix` + `name` + `suffix`, with the middle shortened and made unique by a
 * hash where it would not fit.
 */
export function boundedName(prefix: string, name: string, suffix = ''): string {
  const full = `${prefix}${name}${suffix}`
  if (Buffer.byteLength(full) <= maximumIdentifierBytes) return full
  const hash = shortHash(name)
  let middle = name
  while (Buffer.byteLength(`${prefix}${middle}_${hash}${suffix}`) > maximumIdentifierBytes) {
    middle = [...middle].slice(0, -1).join('')
  }
  return `${prefix}${middle}_${hash}${suffix}`
}

/** 32-bit FNV-1a in hex: short, stable, and only for telling names apart. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(16).padStart(8, '0')
}
