export default { schema: './schema.ts', url: process.env.DATABASE_URL }
