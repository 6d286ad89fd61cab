"""Many small operations as one: Django renders all models anew after each operation, which for a hundred of them takes
longer than what the database has to do."""

from django.db.migrations.operations.base import Operation


class Together(Operation):
    """Operations of one app that do not stand in each other's way: none needs to see what another one did."""

    reduces_to_sql = True

    def __init__(self, operations):
        self.operations = operations

    def deconstruct(self):
        return self.__class__.__name__, [self.operations], {}

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # rendered again when somebody asks, and not after each operation
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return f"{len(self.operations)} operations, such as: {self.operations[0].describe()}"
