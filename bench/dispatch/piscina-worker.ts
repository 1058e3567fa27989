export default async (payload: unknown): Promise<unknown> => payload;
