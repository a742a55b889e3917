// The version of the package, set by the build. A page and its worker must have the same version, and so must copies of
// the package in one process (import and require load one each) that exchange more than documents.

declare const QUIVERDB_VERSION: string | undefined

export const VERSION: string = typeof QUIVERDB_VERSION === 'string' ? QUIVERDB_VERSION : 'unbuilt'
