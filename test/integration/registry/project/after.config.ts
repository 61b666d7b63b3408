export default { schema: './after.ts', url: process.env.DATABASE_URL }
