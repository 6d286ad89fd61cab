class BadInputMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)


def problem_document(exc, context):
    from rest_framework.views import exception_handler
    return exception_handler(exc, context)
