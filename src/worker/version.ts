// Which version of the package this is: a page and the worker it was handed have to be of one. The build says it.

declare const QUIVERDB_VERSION: string | undefined

export const VERSION: string = typeof QUIVERDB_VERSION === 'string' ? QUIVERDB_VERSION : 'unbuilt'
