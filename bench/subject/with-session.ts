import { openSession, type Session } from '../../src/control/session.ts'

/** Does something on a session of a database, and closes it. */
export async function withSession<Result>(url: string, work: (session: Session) => Promise<Result>): Promise<Result> {
  const session = await openSession(url, 'bench')
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}
