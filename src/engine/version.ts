// Which version of the package this is. A page and the worker it was handed have to be of one, and so do copies of the package in one
// process (what is imported and what is required are two) that hand each other more than documents. The build says it.

declare const QUIVERDB_VERSION: string | undefined

export const VERSION: string = typeof QUIVERDB_VERSION === 'string' ? QUIVERDB_VERSION : 'unbuilt'
