-- `POST /api/ai/analyze` asks a tenant's own list of backends, and its student may be on it: without the weights the API
-- could ask nobody at all. Row level security shows each tenant its own.

grant select (weights) on app.student_model to evosense_api;
