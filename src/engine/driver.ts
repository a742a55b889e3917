// The official drivers: optional peer dependencies, loaded only when a dialect is pointed at a real server.

/** Marks, for every copy of this package, what stands in the place of a driver's client. */
export const EMBEDDED: unique symbol = Symbol.for('quiverdb') as never

/** Loads the package `name`. @throws NotFoundError */
export async function loadDriver(name: string): Promise<Record<string, unknown>> {
  return (await import('./official.ts')).loadOfficial(name)
}
