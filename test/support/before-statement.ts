import type { ClientBase } from 'pg'

/**
 * Has something happen once, on another connection, before a session sends a statement that contains a text.
 *
 * @returns takes the watch away again.
 */
export function beforeStatement(client: ClientBase, text: string, happen: () => Promise<unknown>): () => void {
  const query = client.query.bind(client) as (...given: unknown[]) => Promise<unknown>
  const restore = () => void Reflect.deleteProperty(client, 'query')
  const observed = async (...given: unknown[]) => {
    if (typeof given[0] === 'string' && given[0].includes(text)) {
      restore()
      await happen()
    }
    return query(...given)
  }
  Object.assign(client, { query: observed })
  return restore
}
