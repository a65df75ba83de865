"""Documents made from records: asked for, made by a job, fetched by who asked."""
