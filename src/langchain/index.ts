// quiverdb/langchain: a vector store for LangChain.js.

export { type QuiverFilter, QuiverVectorStore, type QuiverVectorStoreConfig } from './store.ts'
